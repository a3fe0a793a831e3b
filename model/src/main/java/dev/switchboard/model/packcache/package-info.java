/**
 * Packed weights that outlive a process. A matrix in the kernels' order is kept in a file of its
 * own, in a folder that belongs to one model's very files, and mapped by whoever needs it next:
 * processes of one host share its pages, and nobody reads or holds what it does not serve.
 *
 * <p>A file is written beside its place and renamed into it, so that it is there whole or not at
 * all; every byte is compared with its checksum before it is used. Whatever goes wrong with files
 * (no room, no rights, damage) costs time, never an answer: the matrix is packed in memory.
 */
@NullMarked
package dev.switchboard.model.packcache;

import org.jspecify.annotations.NullMarked;
