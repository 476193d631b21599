/* The page's entry: takes the key out of the address before anything else, then shows the room that it names. */

import { render } from "preact";
import { followAddress } from "./address.ts";
import { App } from "./app.tsx";
import { followLook } from "./look.ts";
import { takeKeyFromAddress } from "./session.ts";
import "./style.css";

takeKeyFromAddress();
followAddress();
followLook();
const root = document.getElementById("page");
if (root) render(<App />, root);
