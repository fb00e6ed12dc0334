using System.Text.Json;

namespace OllamaProxy.Protocol.Dialects;

/// <summary>
/// One API as Ollama speaks it: the defaults of its calls, the meaning of the parts of an answer, and the format of errors.
/// </summary>
public abstract class Dialect
{
    /// <summary>Ollama's own API: https://docs.ollama.com/api</summary>
    public static readonly Dialect Ollama = new OllamaDialect();

    /// <summary>OpenAI's completions and embeddings: https://platform.openai.com/docs/api-reference/chat</summary>
    public static readonly Dialect OpenAI = new OpenAIDialect();

    /// <summary>OpenAI's responses: https://platform.openai.com/docs/api-reference/responses</summary>
    public static readonly Dialect Responses = new ResponsesDialect();

    /// <summary>Anthropic's messages: https://docs.anthropic.com/en/api/messages</summary>
    public static readonly Dialect Anthropic = new AnthropicDialect();

    private protected Dialect()
    {
    }

    /// <summary>Whether a call that leaves <c>stream</c> out gets its answer in parts.</summary>
    public virtual bool StreamsByDefault => false;

    /// <summary>The media type of an answer in parts.</summary>
    public virtual string StreamMediaType => "text/event-stream";

    /// <summary>Whether Ollama decodes bodies with <c>Content-Encoding: zstd</c> on these routes.</summary>
    public virtual bool DecodesZstd => true;

    /// <summary>Whether the error for a missing model ends with a line feed and has no charset, as in Ollama's compatible APIs.</summary>
    public virtual bool EndsErrorsWithLineFeed => true;

    /// <summary>Whether calls have <c>keep_alive</c>: for how long the model stays loaded.</summary>
    public virtual bool HasKeepAlive => false;

    /// <summary>Whether Ollama reads the field <c>options</c> of calls, which has all that a model can be run with.</summary>
    public virtual bool HasOptions => false;

    /// <summary>Whether an answer says why the model stopped, so that one that does not was broken off.</summary>
    internal virtual bool TellsDoneReason => true;

    /// <summary>The body of an error, on one line.</summary>
    /// <param name="status">The HTTP status, which tells the kind of error.</param>
    /// <param name="message">What is wrong.</param>
    public abstract byte[] WriteError(int status, string message);

    /// <summary>The last event of an answer in events that fails midway.</summary>
    /// <param name="status">The HTTP status for the error, if the answer had not begun.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="eventsBefore">How many events came before it.</param>
    public virtual byte[] WriteErrorEvent(int status, string message, int eventsBefore) =>
        [.. "data: "u8, .. WriteError(status, message), .. "\n\n"u8];

    /// <summary>Reads an answer, or a part of one, that reports no error.</summary>
    /// <exception cref="InvalidOperationException">A JSON value in it has the wrong kind.</exception>
    private protected abstract OutputChunk Read(JsonElement answer);

    /// <summary>Reads a part of an answer, or one that comes whole.</summary>
    /// <param name="kind">What was asked for.</param>
    /// <param name="answer">The answer, or the part.</param>
    /// <exception cref="InvalidOperationException">A JSON value in it has the wrong kind.</exception>
    internal OutputChunk Read(CallKind kind, JsonElement answer) =>
        ReadError(answer) ?? (kind == CallKind.Embed ? ReadEmbedding(answer) : Read(answer));

    private static OutputChunk? ReadError(JsonElement answer) => answer.Find("error") switch
    {
        { ValueKind: JsonValueKind.String } error => new() { Error = error.Text() },
        { ValueKind: JsonValueKind.Object } error => new() { Error = error.GetRawText() },
        _ => null,
    };

    private static OutputChunk ReadEmbedding(JsonElement answer) =>
        new() { PromptEvalCount = answer.Whole("prompt_eval_count") ?? answer.Find("usage")?.Whole("prompt_tokens") };
}
