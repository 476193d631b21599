/**
 * @param url of the server; its query is kept, its path is not
 * @param path of the server's Socket.IO
 * @returns the address of its WebSocket
 */
export function engineAddress(url: string, path: string): string {
  const [, host = "", query = ""] = /^\w+:\/\/([^/?#]*)[^?#]*\??([^#]*)/.exec(url) || [];
  const own = query.replace(/(^|&)(EIO|transport)=[^&]*/g, "");
  const rest = `${path.replace(/\/$/, "")}/?EIO=4&transport=websocket${own && `&${own}`}`;
  return `${/^(wss|https):/i.test(url) ? "wss" : "ws"}://${host}${inAscii(rest)}`;
}

/** iPhones fail to open an address that has other characters. */
export function inAscii(text: string): string {
  return text.replace(/[^\u0020-\u007e]+/g, encodeURIComponent);
}
