/** Chats to prompts, by the template that a model brings. */
@NullMarked
package dev.switchboard.model.chat;

import org.jspecify.annotations.NullMarked;
