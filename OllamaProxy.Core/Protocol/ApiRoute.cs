using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Protocol;

/// <summary>A route on which a model does something, and whose calls are therefore queued.</summary>
/// <param name="Path">The path, as clients and Ollama know it.</param>
/// <param name="Kind">What the model does.</param>
/// <param name="Dialect">The API that it is one of.</param>
public sealed record ApiRoute(string Path, CallKind Kind, Dialect Dialect)
{
    /// <summary>https://docs.ollama.com/api/generate</summary>
    public static readonly ApiRoute Generate = new("/api/generate", CallKind.Generate, Dialect.Ollama);

    /// <summary>https://docs.ollama.com/api/chat</summary>
    public static readonly ApiRoute Chat = new("/api/chat", CallKind.Chat, Dialect.Ollama);

    /// <summary>https://docs.ollama.com/api/embed</summary>
    public static readonly ApiRoute Embed = new("/api/embed", CallKind.Embed, Dialect.Ollama);

    /// <summary>What <see cref="Embed"/> has taken the place of.</summary>
    public static readonly ApiRoute Embeddings = new("/api/embeddings", CallKind.Embed, Dialect.Ollama);

    /// <summary>https://platform.openai.com/docs/api-reference/chat</summary>
    public static readonly ApiRoute ChatCompletions = new("/v1/chat/completions", CallKind.Chat, Dialect.OpenAI);

    /// <summary>https://platform.openai.com/docs/api-reference/completions</summary>
    public static readonly ApiRoute Completions = new("/v1/completions", CallKind.Generate, Dialect.OpenAI);

    /// <summary>https://platform.openai.com/docs/api-reference/embeddings</summary>
    public static readonly ApiRoute OpenAIEmbeddings = new("/v1/embeddings", CallKind.Embed, Dialect.OpenAI);

    /// <summary>https://platform.openai.com/docs/api-reference/responses</summary>
    public static readonly ApiRoute Responses = new("/v1/responses", CallKind.Chat, Dialect.Responses);

    /// <summary>https://docs.anthropic.com/en/api/messages</summary>
    public static readonly ApiRoute Messages = new("/v1/messages", CallKind.Chat, Dialect.Anthropic);

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<ApiRoute> All =
        [Generate, Chat, Embed, Embeddings, ChatCompletions, Completions, OpenAIEmbeddings, Responses, Messages];

    /// <summary>The one with this path; null: none.</summary>
    public static ApiRoute? Find(string path) => All.FirstOrDefault(endpoint => endpoint.Path == path);
}
