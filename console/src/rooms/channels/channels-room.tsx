import { ChannelView } from "./channel-view.tsx";
import { ListView } from "./list-view.tsx";

/** The Channels room: the list, or the one that is opened. */
export default function ChannelsRoom({ detail }: { detail: string }) {
  return detail === "" ? <ListView /> : <ChannelView key={detail} channel={detail} />;
}
