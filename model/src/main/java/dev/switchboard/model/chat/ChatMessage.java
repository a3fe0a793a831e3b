package dev.switchboard.model.chat;

/**
 * One turn of a chat.
 *
 * @param role {@code system}, {@code user}, {@code assistant}, or what else the template knows
 */
public record ChatMessage(String role, String content) {}
