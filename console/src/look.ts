/* Light or dark, and the language: as the system has them, until somebody chooses. Only these two outlive the tab. */

import { effect, signal } from "@preact/signals";

export type Language = "en" | "zh";
export type Theme = "light" | "dark";

const dark = matchMedia("(prefers-color-scheme: dark)");

export const language = signal<Language>(chosen("tidegate-language", ["en", "zh"]) ?? usualLanguage());
export const theme = signal<Theme>(chosen("tidegate-theme", ["light", "dark"]) ?? usualTheme());

/** Keeps the page's attributes in step with them. */
export function followLook(): void {
  dark.addEventListener("change", () => {
    if (!localStorage.getItem("tidegate-theme")) theme.value = usualTheme();
  });
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset.theme = theme.value;
  });
}

export function chooseLanguage(value: Language): void {
  localStorage.setItem("tidegate-language", value);
  language.value = value;
}

export function chooseTheme(value: Theme): void {
  localStorage.setItem("tidegate-theme", value);
  theme.value = value;
}

function chosen<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
  const stored = localStorage.getItem(name);
  return values.find((value) => value === stored);
}

function usualLanguage(): Language {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function usualTheme(): Theme {
  return dark.matches ? "dark" : "light";
}
