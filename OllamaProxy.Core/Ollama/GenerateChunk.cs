using System.Text.Json;
using System.Text.Json.Serialization;
using OllamaProxy.Protocol;

namespace OllamaProxy.Ollama;

/// <summary>
/// A line of Ollama's answer to <c>/api/generate</c>, or a part of one to another route in the same words. Durations are in nanoseconds.
/// </summary>
public sealed record GenerateChunk
{
    /// <summary>A piece of the answer.</summary>
    public string? Response { get; init; }

    /// <summary>A piece of what the model thinks.</summary>
    public string? Thinking { get; init; }

    /// <summary>Whether this is the last line, which has the figures.</summary>
    public bool Done { get; init; }

    /// <summary>Why the model stopped.</summary>
    public string? DoneReason { get; init; }

    /// <summary>The whole generation.</summary>
    public long? TotalDuration { get; init; }

    /// <summary>Loading the model.</summary>
    public long? LoadDuration { get; init; }

    /// <summary>Tokens in the prompt.</summary>
    public long? PromptEvalCount { get; init; }

    /// <summary>Reading the prompt.</summary>
    public long? PromptEvalDuration { get; init; }

    /// <summary>Tokens in the answer.</summary>
    public long? EvalCount { get; init; }

    /// <summary>Writing the answer.</summary>
    public long? EvalDuration { get; init; }

    /// <summary>What went wrong mid-way, as text or as an error object in JSON; it ends the answer.</summary>
    [JsonConverter(typeof(ErrorConverter))]
    public string? Error { get; init; }

    /// <summary>
    /// The end of an answer that ended cleanly without saying that it was done: Ollama stops so when a model repeats a token
    /// some thirty times in a row (<c>llm/llama_server.go</c>: "token repeat limit reached").
    /// </summary>
    public static GenerateChunk RepeatLimit { get; } = new() { Done = true, DoneReason = "repeat_limit" };

    /// <summary>Reads a text, or anything else as the JSON that it is.</summary>
    internal sealed class ErrorConverter : JsonConverter<string>
    {
        /// <inheritdoc/>
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var error = JsonDocument.ParseValue(ref reader);
            return error.RootElement.ValueKind == JsonValueKind.String ? error.RootElement.Text() : error.RootElement.GetRawText();
        }

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
