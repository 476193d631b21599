import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { figuresPage, proofs } from "../../scaling/proofs.ts";
import { leadOf, type ScaledObject } from "../../scaling/simulation.ts";

const root = resolve(import.meta.dirname, "../../..");

it("grows from 3 pods to 300,000 connections within ten minutes, and no pod is too full for more than a minute", () => {
  const { fleet, mostPods } = proofs.storm();
  expect(fleet.connections).toBeGreaterThan(299_000);
  expect(fleet.longestOverfull).toBeLessThanOrEqual(60);
  expect(fleet.mostMoves()).toBeLessThanOrEqual(2);
  expect(mostPods).toBeLessThanOrEqual(50);
});

it("did not without a look ahead", () => {
  expect(proofs.storm({ lead: 0 }).fleet.longestOverfull).toBeGreaterThan(60);
});

it("runs hardly more pods over a day than somebody who knows it beforehand, and moves a client once at most", () => {
  const { fleet, podSeconds, oraclePodSeconds, clients } = proofs.day();
  expect(podSeconds / oraclePodSeconds).toBeLessThanOrEqual(1.3);
  expect(fleet.reconnects / clients).toBeLessThanOrEqual(1);
  expect(fleet.longestOverfull).toBe(0);
});

it("lets an upgrade of all nodes drain as many pods at once as a rolling update, and as many reconnect", () => {
  const { fleet, seconds } = proofs.upgrade();
  expect(seconds).toBeLessThan(3_600);
  // One besides may still sleep before its drain.
  expect(fleet.mostGoing).toBeLessThanOrEqual(3);
  expect(fleet.fastestDrain).toBeLessThanOrEqual(220);
});

it("drained most of the fleet at once without the paced start", () => {
  expect(proofs.upgrade({ pacedStart: false }).fleet.mostGoing).toBeGreaterThanOrEqual(8);
});

it("reads how far ahead the shipped query looks", () => {
  const file = resolve(root, "k8s/components/autoscaling/scaled-object.yaml");
  expect(leadOf(parse(readFileSync(file, "utf8")) as ScaledObject, "connections")).toBe(90);
});

it("has its figures in the README", () => {
  expect(readFileSync(resolve(root, "k8s/README.md"), "utf8")).toContain(figuresPage());
});
