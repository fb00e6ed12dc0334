using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Storage.Files;

namespace OllamaProxy.Api.Files;

/// <summary>Reads uploads, which are forms (RFC 7578): the file goes to the store as it comes, a step of it at a time in memory.</summary>
public sealed class FileUpload(IFileStore files, BufferBudget budget, HostLimits limits, TimeProvider time)
{
    /// <summary>The longest file, as OpenAI has it.</summary>
    internal const long MaxBytes = 512L * 1024 * 1024;

    private const int MaxBoundaryLength = 200;
    private const int PieceLength = 64 * 1024;

    /// <summary>What an upload takes while it runs, in bytes: a step, a piece, and what the reader of forms has.</summary>
    private const long Memory = 1280 * 1024;

    /// <summary>How long a client may be silent: what it uploads holds memory that others need.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Reads an upload. Its file is added with what is returned, or is never there.</summary>
    /// <exception cref="ProblemException">400: it is no form, or broken off. 408: nothing came for a while. 413: the file is too long.
    /// 503: too many others upload.</exception>
    internal async Task<(FileForm Form, StagedFile? Content)> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentLength > limits.LongestBody)
            throw new ProblemException(StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture,
                $"The upload has {context.Request.ContentLength} bytes; this host takes bodies of up to {limits.LongestBody} bytes."));
        var boundary = BoundaryOf(context.Request);
        using var memory = budget.Open(context);
        memory.Add(Memory);
        using var stalled = new CancellationTokenSource(Patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stalled.Token);
        try
        {
            var reader = new MultipartReader(boundary, context.Request.Body) { BodyLengthLimit = null };
            return await ReadAsync(reader, stalled, linked.Token);
        }
        catch (OperationCanceledException) when (stalled.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            throw new ProblemException(StatusCodes.Status408RequestTimeout, string.Create(CultureInfo.InvariantCulture,
                $"Nothing of the upload came within {Patience.TotalSeconds} seconds; send it again."));
        }
        catch (Exception exception) when (
            exception is InvalidDataException or (IOException and not (BadHttpRequestException or ConnectionResetException)))
        {
            throw Problems.BadRequest($"The form cannot be read: {exception.Message}");
        }
    }

    private async Task<(FileForm Form, StagedFile? Content)> ReadAsync(
        MultipartReader reader, CancellationTokenSource stalled, CancellationToken cancellationToken)
    {
        var (form, content) = (new FileForm(), default(StagedFile));
        while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
        {
            stalled.CancelAfter(Patience);
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || !disposition.IsFormDisposition()
                && !disposition.IsFileDisposition())
                throw Problems.BadRequest("Each part of the form needs a 'Content-Disposition: form-data' with a name.");
            var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
            if (name == "file")
            {
                if (content is not null)
                    throw Problems.BadRequest("There are two files; send them one by one.");
                form.FileName = NameOf(disposition);
                content = await StageAsync(section.Body, stalled, cancellationToken);
            }
            else
                form.Set(name, await ReadValueAsync(name, section.Body, cancellationToken));
        }
        return (form, content);
    }

    private async Task<StagedFile> StageAsync(Stream body, CancellationTokenSource stalled, CancellationToken cancellationToken)
    {
        using var content = files.BeginContent();
        var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            while (await body.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                if (content.Length + count > MaxBytes)
                    throw new ProblemException(StatusCodes.Status413PayloadTooLarge, string.Create(CultureInfo.InvariantCulture,
                        $"The file has more than {MaxBytes} bytes, the most that a file may have."));
                // How long the store takes is not the client's fault.
                stalled.CancelAfter(Timeout.InfiniteTimeSpan);
                await content.WriteAsync(piece.AsMemory(0, count), cancellationToken);
                stalled.CancelAfter(Patience);
            }
            return await content.CompleteAsync(cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static async Task<string> ReadValueAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        var value = new byte[FileForm.MaxValueLength + 1];
        var length = await body.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= FileForm.MaxValueLength ? Encoding.UTF8.GetString(value, 0, length)
            : throw Problems.BadRequest($"'{name}' is longer than {FileForm.MaxValueLength} bytes.");
    }

    private static string BoundaryOf(HttpRequest request)
    {
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            && HeaderUtilities.RemoveQuotes(type.Boundary) is { Length: > 0 and <= MaxBoundaryLength } boundary)
            return boundary.ToString();
        throw Problems.BadRequest("A file is uploaded as multipart/form-data, with the parts 'file' and 'purpose'.");
    }

    private static string? NameOf(ContentDispositionHeaderValue disposition)
    {
        var name = HeaderUtilities.RemoveQuotes(
            StringSegment.IsNullOrEmpty(disposition.FileNameStar) ? disposition.FileName : disposition.FileNameStar);
        return StringSegment.IsNullOrEmpty(name) ? null : name.ToString();
    }
}
