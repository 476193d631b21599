import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { released } from "../../../scripts/version/changelog.ts";
import { files, placesIn, root, withVersion } from "../../../scripts/version/places.ts";
import { version } from "../../src/version.ts";

const places = files().flatMap((file) => placesIn(file));

/** Files that have it; there may be others. */
const where = [
  "package.json",
  "package-lock.json",
  "gateway/package.json",
  "client-miniprogram/package.json",
  "console/package.json",
  "deploy/package.json",
  "deploy/package-lock.json",
  "examples/wechat/package.json",
  "Dockerfile",
  "k8s/README.md",
  "k8s/chart/Chart.yaml",
  "gateway/docs/HTTP-API.md",
];

describe("the version", () => {
  it("is the same in every place", () => {
    expect(places.filter((place) => place.version !== version)).toEqual([]);
  });

  it("is in each package, both lock files, the image and the examples", () => {
    const having = places.map(({ file }) => file);
    expect(having).toEqual(expect.arrayContaining(where));
  });

  it("is set in all places of a file at once", () => {
    const text = readFileSync(join(root, "package-lock.json"), "utf8");
    const changed = withVersion(text, placesIn("package-lock.json", text), "12.0.0-rc.1");
    const found = placesIn("package-lock.json", changed).map((place) => place.version);
    // Its own, that of the root, and of each workspace.
    expect(found).toEqual(Array.from({ length: 5 }, () => "12.0.0-rc.1"));
  });
});

describe("the changelog", () => {
  const text = readFileSync(join(root, "CHANGELOG.md"), "utf8");

  it("has the version, and what comes after it", () => {
    expect(text).toContain("\n## [Unreleased]\n");
    expect(text).toMatch(
      new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d\\d-\\d\\d$`, "m"),
    );
  });

  it("gives what was unreleased to a new version, once", () => {
    const changed = released("# Changelog\n\n## [Unreleased]\n\n- a\n", "9.0.0", "2026-01-31");
    expect(changed).toBe("# Changelog\n\n## [Unreleased]\n\n## [9.0.0] - 2026-01-31\n\n- a\n");
    expect(released(changed, "9.0.0", "2026-02-01")).toBe(changed);
  });
});
