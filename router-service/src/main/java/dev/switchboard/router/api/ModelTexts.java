package dev.switchboard.router.api;

import dev.switchboard.model.Model;
import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.util.Optional;

/**
 * What turns texts into prompts.
 *
 * @param tokenizer empty: prompts are ids, and so is the text of what is generated
 * @param chat empty: chats are refused
 */
public record ModelTexts(Optional<Tokenizer> tokenizer, Optional<ChatTemplate> chat) {
  public static ModelTexts of(Model model) {
    return model.hasTokenizer()
        ? new ModelTexts(Optional.of(model.tokenizer()), model.chatTemplate())
        : new ModelTexts(Optional.empty(), Optional.empty());
  }
}
