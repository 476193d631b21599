const o="/docs/guide/recovery.svg";export{o as _};
