using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Ollama;

/// <summary>
/// What <see cref="GenerateRequest"/> writes, of a prompt that is too long to be held: its text is read from the store while it is sent.
/// </summary>
/// <param name="prompt">The prompt.</param>
/// <param name="request">The client's other fields.</param>
/// <param name="defaultModel">For a prompt without a model.</param>
/// <param name="defaultKeepAlive">A JSON value for a prompt without <c>keep_alive</c>; null: Ollama's own default.</param>
internal sealed class LongGenerateContent(ClaimedPrompt prompt, ReadOnlyMemory<byte> request, string defaultModel, string? defaultKeepAlive)
    : HttpContent
{
    private const int MaxPiece = 64 * 1024;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var fields = JsonDocument.Parse(request);
        bool Has(string name) => fields.RootElement.TryGetProperty(name, out _);

        var output = PipeWriter.Create(stream, new(leaveOpen: true));
        output.Write("{\"stream\":true"u8);
        if (!Has("model"))
            Write(output, $",\"model\":\"{GenerateRequest.Encode(prompt.Model ?? defaultModel)}\"");
        if (defaultKeepAlive is not null && !Has("keep_alive"))
            Write(output, $",\"keep_alive\":{defaultKeepAlive}");
        if (!Has("prompt"))
            await WriteTextAsync(output, cancellationToken);
        foreach (var field in fields.RootElement.EnumerateObject().Where(field => !field.NameEquals("stream")))
        {
            Write(output, $",\"{GenerateRequest.Encode(field.Name)}\":");
            request.Span.Overlaps(JsonMarshal.GetRawUtf8Value(field.Value), out var start);
            for (var rest = request.Slice(start, JsonMarshal.GetRawUtf8Value(field.Value).Length); rest.Length > 0;)
            {
                var piece = rest[..Math.Min(rest.Length, MaxPiece)];
                await output.WriteAsync(piece, cancellationToken);
                rest = rest[piece.Length..];
            }
        }
        output.Write("}"u8);
        await output.CompleteAsync();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task WriteTextAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        output.Write(",\"prompt\":"u8);
        using var text = new Utf8JsonWriter(output, GenerateRequest.Writing);
        if (prompt.LongText is { } longText)
            await output.WriteJsonAsync(text, longText.Pieces, cancellationToken);
        else
            text.WriteStringValue(prompt.Text);
    }

    private static void Write(PipeWriter output, string json) => Encoding.UTF8.GetBytes(json, output);

    /// <summary>A content of the type that Ollama expects.</summary>
    public static HttpContent Of(ClaimedPrompt prompt, ReadOnlyMemory<byte> request, string defaultModel, string? defaultKeepAlive) =>
        new LongGenerateContent(prompt, request, defaultModel,
            defaultKeepAlive)
        { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
}
