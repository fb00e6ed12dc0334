using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Errors;
using OllamaProxy.Configuration;

namespace OllamaProxy.Api.Http;

/// <summary>Reads request bodies: small ones as they are, large ones within a total for all requests together.</summary>
public sealed class RequestBody(BufferBudget budget, OllamaProxyOptions options, TimeProvider time)
{
    /// <summary>
    /// How much of a large body has to come within <see cref="Patience"/>, in bytes: what does not come holds memory that others need.
    /// Kestrel's own limit is on the mean rate since the beginning, so that a client that has sent much may be silent for ever.
    /// </summary>
    private const int LeastProgress = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The whole body. Dispose of it as soon as it is not needed any more.</summary>
    /// <exception cref="ProblemException">413: it is larger than <c>OLLAMA_PROXY_MAX_BODY_BYTES</c>. 503: there is no room for it at the
    /// moment. 408: it is large, and hardly anything of it came for a while. 400: it is malformed.</exception>
    internal async Task<BufferedBody> ReadAsync(HttpContext context)
    {
        var (request, cancellationToken) = (context.Request, context.RequestAborted);
        if (request.ContentLength > options.MaxBodyBytes)
            throw TooLarge(options.MaxBodyBytes);

        var small = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, BufferedBody.MaxSmall));
        while (true)
        {
            var read = await ReadNextAsync(request, cancellationToken);
            var length = small.Length + read.Buffer.Length;
            var isSmall = length <= Math.Min(BufferedBody.MaxSmall, options.MaxBodyBytes);
            if (isSmall)
            {
                foreach (var segment in read.Buffer)
                    small.Write(segment.Span);
            }
            else if (length <= options.MaxBodyBytes)
            {
                // Nothing of this read is taken: the next one brings it again.
                request.BodyReader.AdvanceTo(read.Buffer.Start);
                return await ReadLargeAsync(context, small.GetBuffer().AsMemory(0, (int)small.Length));
            }
            // Also when giving up: a reader that is left amid a read costs the client its connection.
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (!isSmall)
                throw TooLarge(options.MaxBodyBytes);
            if (read.IsCompleted)
                return new(small.GetBuffer().AsMemory(0, (int)small.Length));
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, for whoever passes the body on: it is disposed of when the request has been answered.</summary>
    internal async Task<ReadOnlyMemory<byte>> ReadForRequestAsync(HttpContext context)
    {
        var body = await ReadAsync(context);
        context.Response.RegisterForDispose(body);
        return body.Bytes;
    }

    /// <summary>Begins to reserve memory for what is made of a request and is no body of its own.</summary>
    internal BufferBudget.Reservation Reserve(HttpContext context) => budget.Open(context);

    private async Task<BufferedBody> ReadLargeAsync(HttpContext context, ReadOnlyMemory<byte> beginning)
    {
        var reader = context.Request.BodyReader;
        using var stalled = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stalled.Token);
        var body = new BufferedBody(budget.Open(context));
        try
        {
            var buffer = body.Rent();
            buffer.Append(beginning.Span);
            var due = buffer.Written.Length + LeastProgress;
            while (true)
            {
                var read = await ReadNextAsync(context.Request, linked.Token);
                try
                {
                    if (buffer.Written.Length + read.Buffer.Length > options.MaxBodyBytes)
                        throw TooLarge(options.MaxBodyBytes);
                    foreach (var segment in read.Buffer)
                        buffer.Append(segment.Span);
                }
                finally
                {
                    reader.AdvanceTo(read.Buffer.End);
                }
                if (buffer.Written.Length >= due)
                {
                    due = buffer.Written.Length + LeastProgress;
                    stalled.CancelAfter(Patience);
                }
                if (!read.IsCompleted)
                    continue;
                body.Complete(buffer, options.MaxBufferedBytes);
                return body;
            }
        }
        catch (Exception exception)
        {
            body.Dispose();
            if (exception is OperationCanceledException && stalled.IsCancellationRequested
                && !context.RequestAborted.IsCancellationRequested)
                throw new ProblemException(StatusCodes.Status408RequestTimeout, string.Create(CultureInfo.InvariantCulture,
                    $"Less than {LeastProgress} bytes of the body came within {Patience.TotalSeconds} seconds; send it again."));
            throw;
        }
    }

    /// <summary>What comes next of a body.</summary>
    /// <exception cref="ProblemException">
    /// 400: it is no body by the rules of HTTP, such as chunks without a size; 408: it comes too slowly.
    /// </exception>
    public static async ValueTask<ReadResult> ReadNextAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.BodyReader.ReadAsync(cancellationToken);
        }
        // Kestrel throws a plain IOException for some malformed chunks. After a reset there is no client left to answer.
        catch (IOException exception) when (exception is not ConnectionResetException)
        {
            var status = (exception as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            throw new ProblemException(status, $"The body of the request cannot be read: {exception.Message}");
        }
    }

    /// <summary>413: the body is larger than that, as it came or decoded.</summary>
    public static ProblemException TooLarge(int maxBytes) => new(StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture,
            $"The body is larger than {maxBytes} bytes, the most that OLLAMA_PROXY_MAX_BODY_BYTES allows."));
}
