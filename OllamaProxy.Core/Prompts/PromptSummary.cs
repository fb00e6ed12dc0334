namespace OllamaProxy.Prompts;

/// <summary>A prompt as a list shows it.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Preview">The beginning of its text, at most <see cref="PreviewLength"/> characters.</param>
public sealed record PromptSummary(Prompt Prompt, string Preview)
{
    /// <summary>The longest preview, in characters.</summary>
    public const int PreviewLength = 200;
}
