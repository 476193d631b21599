import { Input, Text, View } from "@tarojs/components";
import Taro from "@tarojs/taro";
import { useEffect, useRef, useState } from "react";
import { openChat } from "../chat";

interface Line {
  key: string;
  user: string;
  text: string;
}

export default function ChatPage() {
  const [lines, setLines] = useState<Line[]>([]);
  const [here, setHere] = useState(0);
  const [draft, setDraft] = useState("");
  const chat = useRef<ReturnType<typeof openChat>>();

  useEffect(() => {
    chat.current = openChat({
      show: (messages) =>
        setLines(
          messages.map(({ position, time, user = "", data }) => {
            return { key: position ?? String(time), user, text: data.text };
          }),
        ),
      people: setHere,
      refused: (message) => void Taro.showToast({ title: message, icon: "none" }),
    });
    return () => chat.current?.close();
  }, []);

  async function send() {
    const text = draft.trim();
    if (!text) return;
    setDraft("");
    await chat.current
      ?.send(text)
      .catch((error: Error) => Taro.showToast({ title: error.message, icon: "none" }));
  }

  return (
    <View>
      <Text>{here} here</Text>
      {lines.map(({ key, user, text }) => (
        <View key={key}>
          {user} {text}
        </View>
      ))}
      <Input
        value={draft}
        confirmType="send"
        onInput={({ detail }) => setDraft(detail.value)}
        onConfirm={send}
      />
    </View>
  );
}
