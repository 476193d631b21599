/** The gateway, as it stands among the mini-program's socket domains. */
export const gateway = "wss://rt.example.com";
