package dev.switchboard.cluster.hazelcast;

/**
 * A live member of the grid.
 *
 * @param uuid of the member; a process that joins again has another
 * @param data whether it holds grid data: a router
 * @param address {@code host:port} of its grid
 */
record Peer(String uuid, boolean data, String address) {}
