/** The gateway, as the mini-program's list of socket domains has it. */
export const gateway = "wss://rt.example.com";
