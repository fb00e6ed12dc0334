using System.Text.Json;

namespace OllamaProxy.Simulator.Generation;

/// <summary>The figures at the end of an answer.</summary>
internal sealed record GenerationMetrics(
    IEnumerable<int>? Context, TimeSpan Total, TimeSpan Load, int PromptTokens, TimeSpan PromptEvaluation, int Tokens, TimeSpan Evaluation)
{
    public static GenerationMetrics Of(GenerationRequest request, Answer answer, GenerationClock clock, int defaultContextLength)
    {
        var contextLength = request.Options.Runner.ContextLength ?? defaultContextLength;
        var words = CountWords(request.Prompt);
        var promptTokens = request.IsEmbedding
            ? Math.Min(words, contextLength) : ContextWindow.Fit(words, contextLength, request.Options.NumKeep);
        return new(
            request.HasContext ? Enumerable.Range(1, promptTokens).Concat(answer.Tokens.Select(token => token.Id)) : null,
            clock.Total, clock.Load, promptTokens, clock.PromptEvaluation, answer.Tokens.Count, clock.Evaluation);
    }

    public void Write(Utf8JsonWriter json)
    {
        if (Context is not null)
        {
            json.WriteStartArray("context");
            foreach (var id in Context) json.WriteNumberValue(id);
            json.WriteEndArray();
        }

        WriteEmbedding(json);
        json.WriteNumber("prompt_eval_duration", Nanoseconds(PromptEvaluation));
        json.WriteNumber("eval_count", Tokens);
        json.WriteNumber("eval_duration", Nanoseconds(Evaluation));
    }

    /// <summary>Writes the figures that the answer to an embedding has.</summary>
    public void WriteEmbedding(Utf8JsonWriter json)
    {
        json.WriteNumber("total_duration", Nanoseconds(Total));
        json.WriteNumber("load_duration", Nanoseconds(Load));
        json.WriteNumber("prompt_eval_count", PromptTokens);
    }

    private static long Nanoseconds(TimeSpan duration) => duration.Ticks * TimeSpan.NanosecondsPerTick;

    private static int CountWords(string prompt)
    {
        var words = 0;
        var inWord = false;
        foreach (var character in prompt)
        {
            var wasInWord = inWord;
            inWord = !char.IsWhiteSpace(character);
            if (inWord && !wasInWord) words++;
        }

        return words;
    }
}
