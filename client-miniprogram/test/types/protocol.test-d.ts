import { expectTypeOf } from "vitest";
import type * as theirs from "../../../gateway/src/protocol/events.ts";
import type * as ours from "../../src/protocol.ts";

/** Checked by `npm run types`, and not run: the client's types of the protocol are the gateway's. */

/** The gateway names its codes; the client takes any, so that newer gateways can speak to it. */
type WithAnyCode<T> = T extends { code: string } ? Omit<T, "code"> & { code: string } : T;

expectTypeOf<ours.Message>().toEqualTypeOf<theirs.Message>();
expectTypeOf<ours.SubscribeRequest>().toExtend<theirs.SubscriptionItem>();
expectTypeOf<ours.SubscribeReply>().toEqualTypeOf<theirs.SubscribeReply>();
expectTypeOf<ours.PublishReply>().toEqualTypeOf<theirs.PublishReply>();
expectTypeOf<ours.HistoryReply>().toEqualTypeOf<theirs.HistoryReply>();
expectTypeOf<ours.PresenceUser>().toEqualTypeOf<theirs.PresenceUser>();
expectTypeOf<ours.PresenceReply>().toEqualTypeOf<theirs.PresenceReply>();
expectTypeOf<ours.PresenceEvent>().toEqualTypeOf<theirs.PresenceEvent>();
expectTypeOf<ours.PresenceChange>().toEqualTypeOf<theirs.PresenceChange>();
expectTypeOf<ours.RefreshReply>().toEqualTypeOf<theirs.RefreshReply>();
expectTypeOf<WithAnyCode<theirs.ErrorBody>>().branded.toEqualTypeOf<ours.ErrorBody>();
expectTypeOf<WithAnyCode<theirs.Goodbye>>().branded.toEqualTypeOf<ours.Goodbye>();
expectTypeOf<theirs.Unsubscribed>().toExtend<ours.Unsubscribed>();
expectTypeOf<theirs.Welcome>().toExtend<ours.Welcome>();
