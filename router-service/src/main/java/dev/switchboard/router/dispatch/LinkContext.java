package dev.switchboard.router.dispatch;

import dev.switchboard.proto.lane.LaneWait;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * What a link needs of its owner: where replies go, who is told of a change, the thread that keeps
 * time, the one that opens lanes, which may wait for a node, where lanes are waited on, and where
 * breaks are counted.
 */
record LinkContext(
    ReplyInbox inbox,
    Consumer<NodeLink> changed,
    ScheduledExecutorService timer,
    ScheduledExecutorService opener,
    LaneWait lanes,
    LinkBreaks breaks) {}
