/** Frames that no server sends: what is wrong with the last of them. */
export const wrongFrames: [name: string, frames: (string | ArrayBuffer)[], fault: string][] = [
  ["nothing", [""], "an unknown packet"],
  ["an unknown type", ['7["event"]'], "an unknown packet"],
  ["another namespace", ['2/admin,["event"]'], "an unknown packet"],
  ["a binary type without a number of attachments", ['5["event"]'], "an unknown packet"],
  ["a plain type with a number of attachments", ['21-["event"]'], "an unknown packet"],
  ["JSON that ends early", ['2["event"'], "JSON"],
  ["an event without a name", ["2[]"], "wrong data"],
  ["an event whose name is no text", ["2[{}]"], "wrong data"],
  ["an event that is no list", ['2{"0":"event"}'], "wrong data"],
  ["an event without data", ["2"], "wrong data"],
  ["an event by a name of Socket.IO's", ['2["connect_error"]'], "wrong data"],
  ["an acknowledgement that is no list", ["31{}"], "wrong data"],
  ["an attachment of no packet", [new ArrayBuffer(1)], "a wrong attachment"],
  [
    "an attachment too many",
    ['51-["event",{"_placeholder":true,"num":0}]', new ArrayBuffer(1), new ArrayBuffer(1)],
    "a wrong attachment",
  ],
  ["a packet in place of an attachment", ['51-["event"]', '2["event"]'], "a wrong attachment"],
  [
    "a placeholder of no attachment",
    ['51-["event",{"_placeholder":true,"num":1}]', new ArrayBuffer(1)],
    "a wrong attachment",
  ],
  [
    "a placeholder with a word for a number",
    ['51-["event",{"_placeholder":true,"num":"length"}]', new ArrayBuffer(1)],
    "a wrong attachment",
  ],
];
