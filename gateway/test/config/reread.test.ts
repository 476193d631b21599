import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { reread } from "../../src/config/reread.ts";

const env = {
  TIDEGATE_REDIS_URL: "redis://127.0.0.1",
  TIDEGATE_REDIS_PASSWORD_FILE: "/run/password",
  TIDEGATE_API_KEYS: "a-key-of-the-environment",
};

function load(files: Record<string, string>) {
  const readFile = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error("none"), { code: "ENOENT" });
    return text;
  };
  const { config } = loadConfig(env, readFile);
  return { config, again: () => reread(config, env, readFile) };
}

it("has what the files hold now, and everything else as it was", () => {
  const files: Record<string, string> = { "/run/password": "first\n" };
  const { config, again } = load(files);
  files["/run/password"] = "second\n";
  expect(again()).toEqual({ ...config, redisPassword: "second" });
});

it("says which file cannot be read", () => {
  const files: Record<string, string> = { "/run/password": "first" };
  const { again } = load(files);
  delete files["/run/password"];
  expect(again).toThrow("TIDEGATE_REDIS_PASSWORD_FILE: cannot read /run/password (ENOENT)");
});
