/*
 * Addresses: the one that is dialled, made of the page's address and path, and the name by which `connect` knows a
 * gateway.
 */

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

/**
 * One name for every way to write the address of a gateway, to know it by. It is not what is dialled: WeChat compares
 * that with its list of domains letter by letter, and a list may name the port that others leave out.
 *
 * @returns without what makes no other gateway: a path, a slash at the end, upper case in the host, the scheme's own port
 */
export function gatewayName(url: string): string {
  const [, scheme = "", access = "", host = "", query = ""] =
    /^(\w+):\/\/([^/?#]*@)?([^/?#]*)[^?#]*(\?[^#]*)?/.exec(url) || [];
  const secure = /^(wss|https)$/i.test(scheme);
  const place = host.toLowerCase().replace(secure ? /:443$/ : /:80$/, "");
  return `${secure ? "wss" : "ws"}://${access}${place}${query}`;
}

/** iPhones fail to open an address that has other characters. */
export function inAscii(text: string): string {
  return text.replace(/[^\u0020-\u007e]+/g, encodeURIComponent);
}
