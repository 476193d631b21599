import { tide } from "./tide";

App({
  onLaunch() {
    tide().on("state", (state, reason) => {
      if (state !== "refused") return;
      wx.showModal({
        title: "Not connected",
        content: reason?.message ?? "",
        confirmText: "Try again",
        success: ({ confirm }) => confirm && tide().retry(),
      });
    });
  },
});
