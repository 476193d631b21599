import theme from "vitepress/theme-without-fonts";
import "./fonts.css";

/** The fonts of the reader's own system: they have Chinese, and weigh nothing. */
export default theme;
