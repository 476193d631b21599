import { expect, it } from "vitest";
import { type Behavior, Hpa, type HpaOptions } from "../../scaling/hpa.ts";

const anyPace: Behavior = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 1_000, periodSeconds: 60 }],
};
const options: HpaOptions = {
  least: 1,
  most: 100,
  scaleUp: anyPace,
  scaleDown: { ...anyPace, policies: [{ type: "Percent", value: 100, periodSeconds: 60 }] },
};
const metric = (sum: number) => [{ sum, threshold: 100 }];

it("asks for as many as the dearest metric needs", () => {
  expect(new Hpa(options).sync(0, 4, [...metric(450), { sum: 9, threshold: 1 }])).toBe(9);
});

it.each([
  ["at hardly a tenth more than its aim", 439, 4],
  ["beyond it", 441, 5],
  ["at a tenth less", 360, 4],
  ["below that", 300, 3],
])("leaves what there is alone %s", (_when, sum, expected) => {
  expect(new Hpa(options).sync(0, 4, metric(sum))).toBe(expected);
});

it.each([
  [0, 2],
  [100_000, 5],
])("stays within its bounds, at a sum of %i", (sum, expected) => {
  expect(new Hpa({ ...options, least: 2, most: 5 }).sync(0, 4, metric(sum))).toBe(expected);
});

it("grows by what the most generous policy allows within its period", () => {
  const scaleUp: Behavior = {
    ...anyPace,
    policies: [
      { type: "Percent", value: 100, periodSeconds: 60 },
      { type: "Pods", value: 4, periodSeconds: 60 },
    ],
  };
  const hpa = new Hpa({ ...options, scaleUp });
  const replicas: number[] = [3];
  for (let now = 0; now <= 120; now += 15) replicas.push(hpa.sync(now, replicas.at(-1) ?? 0, metric(5_000)));
  // 3 + 4, after a minute twice 7, after another twice 14.
  expect(replicas).toEqual([3, 7, 7, 7, 7, 14, 14, 14, 14, 28]);
});

it("shrinks by the most that was recommended in its window, and by what the most careful policy allows", () => {
  const scaleDown: Behavior = {
    stabilizationWindowSeconds: 60,
    selectPolicy: "Min",
    policies: [
      { type: "Pods", value: 1, periodSeconds: 30 },
      { type: "Percent", value: 50, periodSeconds: 30 },
    ],
  };
  const hpa = new Hpa({ ...options, scaleDown });
  let current = 10;
  const replicas: number[] = [];
  for (let now = 0; now <= 150; now += 15) {
    current = hpa.sync(now, current, metric(now === 0 ? 1_000 : 200));
    replicas.push(current);
  }
  expect(replicas).toEqual([10, 10, 10, 10, 10, 9, 9, 8, 8, 7, 7]);
});
