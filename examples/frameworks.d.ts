/** What the pages use of their frameworks, so that they can be checked without installing those. */

declare module "vue" {
  export function ref<T>(value: T): { value: T };
}

declare module "@dcloudio/uni-app" {
  export function onLoad(hook: () => void): void;
  export function onUnload(hook: () => void): void;
}

declare function setTimeout(callback: () => void, milliseconds: number): unknown;

declare const uni: { showToast(options: { title: string; icon: "none" }): void };

declare module "react" {
  export function useState<T>(value: T): [T, (next: T | ((last: T) => T)) => void];
  export function useRef<T>(): { current: T | undefined };
  export function useEffect(effect: () => () => void, dependencies: unknown[]): void;
}

declare module "@tarojs/taro" {
  const Taro: { showToast(options: { title: string; icon: "none" }): Promise<unknown> };
  export default Taro;
}

declare module "@tarojs/components" {
  interface Children {
    children?: unknown;
    key?: string;
  }
  export function View(props: Children): JSX.Element;
  export function Text(props: Children): JSX.Element;
  export function Input(props: {
    value: string;
    confirmType: "send";
    onInput(event: { detail: { value: string } }): void;
    onConfirm(): void;
  }): JSX.Element;
}

declare namespace JSX {
  interface Element {
    readonly jsx: true;
  }
  interface ElementChildrenAttribute {
    children: unknown;
  }
}
