/**
 * A model whose files are not here: what it is, and the bytes of this node's own experts, from
 * routers and nodes that have the files.
 */
@NullMarked
package dev.switchboard.node.weights;

import org.jspecify.annotations.NullMarked;
