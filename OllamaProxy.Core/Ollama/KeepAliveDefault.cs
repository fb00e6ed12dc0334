using System.Text;
using System.Text.Json;

namespace OllamaProxy.Ollama;

/// <summary>
/// Puts <c>OLLAMA_KEEP_ALIVE</c> into calls of Ollama's own routes that say nothing of <c>keep_alive</c>; the routes that it has in
/// common with others know no such field. Without that setting, every call stays as it came.
/// </summary>
internal static class KeepAliveDefault
{
    public static ReadOnlyMemory<byte> Apply(CallEndpoint endpoint, ReadOnlyMemory<byte> body, string? json)
    {
        if (json is null || endpoint.Family != ApiFamily.Ollama || !IsOpen(body, out var isEmpty))
            return body;
        var brace = body.Span.IndexOf((byte)'{') + 1;
        var field = Encoding.UTF8.GetBytes($"\"keep_alive\":{json}{(isEmpty ? "" : ",")}");
        return (byte[])[.. body.Span[..brace], .. field, .. body.Span[brace..]];
    }

    private static bool IsOpen(ReadOnlyMemory<byte> body, out bool isEmpty)
    {
        isEmpty = false;
        try
        {
            using var document = JsonReading.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return false;
            isEmpty = !document.RootElement.EnumerateObject().Any();
            return !document.RootElement.TryGetProperty("keep_alive", out _);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
