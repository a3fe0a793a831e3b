/** Files that come from others and go to others, and directories of them, each by its content. */
@NullMarked
package dev.switchboard.router.files;

import org.jspecify.annotations.NullMarked;
