/**
 * Gates that are swapped while a router runs: the folder of versions, which of them routes a
 * request, and what is compared between them. What may follow what is in {@code cluster.gates}.
 */
@NullMarked
package dev.switchboard.router.gates;

import org.jspecify.annotations.NullMarked;
