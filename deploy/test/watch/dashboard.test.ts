import { describe, expect, it } from "vitest";
import { dashboardPage, panels, rowTitles } from "./panels.ts";

describe("the dashboard", () => {
  it("has a row for each question", () => {
    expect(rowTitles()).toEqual([
      "Overview",
      "Connections",
      "Messaging",
      "Recovery",
      "Hooks",
      "Redis",
      "Node",
      "Lifecycle",
    ]);
  });

  it("can be narrowed to a namespace, a job and a pod", () => {
    const names = dashboardPage().templating.list.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["datasource", "namespace", "job", "pod"]));
  });

  it("has each title once", () => {
    const titles = panels().map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it("has no panel on another, and none beyond the page", () => {
    const places = dashboardPage().panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`);
    });
    expect(new Set(places).size).toBe(places.length);
  });
});

it.each(panels())("$title says what it shows, in which unit, and asks the chosen data source", (panel) => {
  expect(panel.description?.length).toBeGreaterThan(20);
  expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
  expect(panel.targets?.length).toBeGreaterThan(0);
  for (const { expr, legendFormat } of panel.targets ?? []) {
    expect(expr).not.toBe("");
    expect(legendFormat).not.toBe("");
  }
  expect(panel).toMatchObject({ datasource: { uid: "$datasource" } });
});
