/** The grid over an embedded Hazelcast member: the one package that knows Hazelcast. */
@NullMarked
package dev.switchboard.cluster.hazelcast;

import org.jspecify.annotations.NullMarked;
