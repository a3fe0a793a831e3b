package dev.switchboard.router.engine;

/**
 * A generation that is complete.
 *
 * @param text held back until the end
 * @param logitsSha256 hex; empty if not asked for
 */
public record GenerationSummary(
    FinishReason reason,
    int promptTokens,
    int generatedTokens,
    long seed,
    String text,
    String logitsSha256,
    CallCounts calls,
    long promptNanos,
    long generateNanos) {}
