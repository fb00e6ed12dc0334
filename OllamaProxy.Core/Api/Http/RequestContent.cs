using System.Net;
using Microsoft.AspNetCore.Http;

namespace OllamaProxy.Api.Http;

/// <summary>
/// A request's body that goes to Ollama as it comes. Where it turns out to be malformed, sending it throws what <see cref="RequestBody"/>
/// does.
/// </summary>
internal sealed class RequestContent(HttpRequest request) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        bool more;
        do
        {
            var read = await RequestBody.ReadNextAsync(request, cancellationToken);
            foreach (var segment in read.Buffer)
                await stream.WriteAsync(segment, cancellationToken);
            request.BodyReader.AdvanceTo(read.Buffer.End);
            more = !read.IsCompleted;
            if (more)
                await stream.FlushAsync(cancellationToken);
        }
        while (more);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
