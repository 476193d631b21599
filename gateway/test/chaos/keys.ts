/** The secrets of every run's nodes. */
export const secret = "chaos-secret-chaos-secret-chaos-secret!";
export const apiKey = "chaos-key";
