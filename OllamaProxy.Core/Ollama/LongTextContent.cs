using System.Net;
using OllamaProxy.Prompts;

namespace OllamaProxy.Ollama;

/// <summary>A body that is read from the store while it is sent.</summary>
internal sealed class LongTextContent(LongText body) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await foreach (var piece in body.Pieces(cancellationToken))
            await stream.WriteAsync(piece, cancellationToken);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
