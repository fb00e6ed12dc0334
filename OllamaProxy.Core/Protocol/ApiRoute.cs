using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Protocol;

/// <summary>A route whose calls make a model work, and are therefore queued.</summary>
/// <param name="Path">The path, the same for clients and for Ollama.</param>
/// <param name="Kind">What a call asks the model for.</param>
/// <param name="Dialect">The API that the route belongs to.</param>
public sealed record ApiRoute(string Path, CallKind Kind, Dialect Dialect)
{
    /// <summary>https://docs.ollama.com/api/generate</summary>
    public static readonly ApiRoute Generate = new("/api/generate", CallKind.Generate, Dialect.Ollama);

    /// <summary>https://docs.ollama.com/api/chat</summary>
    public static readonly ApiRoute Chat = new("/api/chat", CallKind.Chat, Dialect.Ollama);

    /// <summary>https://docs.ollama.com/api/embed</summary>
    public static readonly ApiRoute Embed = new("/api/embed", CallKind.Embed, Dialect.Ollama);

    /// <summary>The older form of <see cref="Embed"/>, for one text.</summary>
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

    /// <summary>All routes whose calls are queued.</summary>
    public static readonly IReadOnlyList<ApiRoute> All =
        [Generate, Chat, Embed, Embeddings, ChatCompletions, Completions, OpenAIEmbeddings, Responses, Messages];

    /// <summary>The route with this path; null: calls of this path are not queued.</summary>
    public static ApiRoute? Find(string path) => All.FirstOrDefault(endpoint => endpoint.Path == path);
}
