using System.Buffers;
using System.IO.Pipelines;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Worker.Attempts;

/// <summary>
/// Reads Ollama's answer to an attempt as it comes. The answer to a call is kept for the client: it is read to its end, in whichever
/// framing it comes. The answer to a submitted prompt is not kept: each line must be JSON, and it is read up to the line that reports the
/// end or an error.
/// </summary>
/// <param name="route">The route that answers.</param>
/// <param name="text">Receives what the model says.</param>
/// <param name="response">Keeps the answer as it came; null: it is not kept.</param>
/// <param name="ids">Rewrites the ids in it; null: they stay.</param>
/// <param name="onLine">Is called when a line of an answer in parts has come.</param>
internal sealed class AnswerReader(
    ApiRoute route, GeneratedText text, ResponseBuffer? response, ResponseIdRewriter? ids, Action onLine)
{
    /// <summary>How much is read of an error answer that is not kept, in bytes.</summary>
    private const int MaxErrorBytes = 64 * 1024;

    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 16 * 1024);

    /// <summary>How long the end of the connection is waited for, after the answer itself has ended.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);

    private readonly AnswerLines _lines = new(response);

    private AnswerFraming? _framing = response is null ? AnswerFraming.Lines : null;
    private int _publishable;
    private int _published;
    private bool _hasPart;
    private bool _hasOutput;
    private bool _isDone;
    private OllamaException? _failure;

    /// <summary>Whether the answer is a success: neither its status nor its body reports an error.</summary>
    private bool _isSuccess;

    /// <summary>Whether an answer that is not kept has been read far enough.</summary>
    private bool HasEnough =>
        response is null && (_isDone || _failure is not null || (!_isSuccess && _lines.Bytes.Length >= MaxErrorBytes));

    /// <summary>Reads the answer to its end.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="ollama">The backend that gave it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="OllamaException">It reports an error, breaks off, or is not from Ollama.</exception>
    public async Task ReadAsync(HttpResponseMessage answer, OllamaClient ollama, CancellationToken cancellationToken)
    {
        _isSuccess = answer.IsSuccessStatusCode;
        await ReadBodyAsync(answer, cancellationToken);
        if (_isSuccess && _framing is AnswerFraming.Lines or AnswerFraming.Events && !HasEnough && !_lines.Rest.IsEmpty)
            ReadLine(_lines.Rest);
        // The client gets all that Ollama sends after an error, too: the end of the event, or another event.
        response?.MarkComplete();
        if (!_isSuccess)
            throw ollama.FailureOf(answer, _lines.Bytes.Span);
        if (_failure is not null)
            throw _failure;
        if (!_hasPart)
            ReadWhole();
        else if (response is null && !_hasOutput)
            throw OllamaFailures.OfMissingFields();
        else if (!_isDone && !text.HasDoneReason)
            text.Append(OutputChunk.RepeatLimit);
    }

    private async Task ReadBodyAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var reader = PipeReader.Create(await answer.Content.ReadAsStreamAsync(cancellationToken), Reading);
            bool more;
            do
            {
                var read = await reader.ReadAsync(rest.Token);
                more = !read.IsCompleted;
                _lines.Append(ids is null ? read.Buffer : ids.Rewrite(read.Buffer, isLast: !more));
                if (_isSuccess && _framing is null && (!more || read.Buffer.PositionOf((byte)'\n') is not null))
                    _framing = AnswerFramings.Decide(answer.Content.Headers.ContentType, _lines.Bytes, hasEnded: !more);
                reader.AdvanceTo(read.Buffer.End);
                if (_isSuccess && _framing is AnswerFraming.Lines or AnswerFraming.Events)
                    ReadLines();
                if (_isDone && more)
                    rest.CancelAfter(EndPatience);
            }
            while (more && !HasEnough);
        }
        catch (Exception exception) when (_isDone && !cancellationToken.IsCancellationRequested
            && exception is IOException or HttpRequestException or OperationCanceledException)
        {
            // All that matters has come.
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
    }

    /// <summary>Reads the lines that have come, and publishes them to the client.</summary>
    private void ReadLines()
    {
        while (!HasEnough && _lines.TryRead(out var line))
        {
            ReadLine(line);
            onLine();
        }
        // Not earlier: if an error comes with the first part, the attempt can still be repeated.
        if (_failure is null && _publishable > _published)
            response?.Publish(_published = _publishable);
    }

    private void ReadLine(ReadOnlyMemory<byte> line)
    {
        line = line.Trim(" \t\r\n"u8);
        var part = ReadPart(line);
        if (response is null && !line.IsEmpty && (part is null || JsonReading.HasLoneSurrogate(line.Span)))
            throw _hasPart ? OllamaFailures.OfBrokenLine() : OllamaFailures.OfNoJson();
        _hasPart |= part is not null;
        if (part?.Error is { } error)
            _failure ??= OllamaFailures.OfErrorLine(error);
        else if (part is not null)
            text.Append(part);
        _isDone |= part is { Done: true };
        _hasOutput |= part is { Done: true } or { Response: not null } or { Thinking: not null };
        // An error is not published with what came before it: if the client has read nothing yet, the call can be tried again.
        // A line of an event is published with the blank one that ends the event.
        if (_hasPart && !_isDone && _failure is null && (line.IsEmpty || _framing == AnswerFraming.Lines))
            _publishable = _lines.Position;
    }

    /// <summary>The JSON of a line: all of it or, in an event, what follows <c>data:</c>. Null: there is none.</summary>
    private OutputChunk? ReadPart(ReadOnlyMemory<byte> line)
    {
        if (_framing == AnswerFraming.Events && line.Span.StartsWith("data:"u8))
            line = line["data:".Length..].Trim(" "u8);
        return _framing == AnswerFraming.Events && line.Span.SequenceEqual("[DONE]"u8)
            ? new() { Done = true } : CallAnswer.ReadPart(route, line);
    }

    private void ReadWhole()
    {
        var whole = CallAnswer.ReadWhole(route, _lines.Bytes);
        if (whole.Error is { } error)
            throw OllamaFailures.OfErrorLine(error);
        text.Append(whole);
    }
}
