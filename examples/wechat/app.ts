import { tide } from "./tide";

App({
  onLaunch() {
    tide().on("state", (state, reason) => {
      // What waiting helps against passes by itself; the rest is a refusal, or a domain that is not on the list.
      if (!reason || reason.retryable || state === "connecting") return;
      wx.showModal({
        title: "Not connected",
        content: reason.message,
        confirmText: "Try again",
        success: ({ confirm }) => confirm && tide().retry(),
      });
    });
  },
});
