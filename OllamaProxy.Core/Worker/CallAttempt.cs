using System.IO.Pipelines;
using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Worker;

/// <summary>One attempt at a call: sends it to Ollama as it came, and takes the answer in as it comes.</summary>
/// <param name="call">The call.</param>
/// <param name="text">Where what the model says goes.</param>
/// <param name="response">Where the answer goes.</param>
/// <param name="tokenCame">Called with whatever comes of an answer that comes in parts.</param>
internal sealed class CallAttempt(ApiCall call, GeneratedText text, ResponseBuffer response, Action tokenCame)
{
    /// <summary>The longest answer: it is kept, and no model has a reason to say more.</summary>
    private const int MaxLength = 256 * 1024 * 1024;

    private static readonly TimeSpan PatienceForTheRest = TimeSpan.FromSeconds(1);

    private readonly ApiRoute _endpoint = ApiRoute.Find(call.Endpoint)
        ?? throw new OllamaException(FailureKind.Permanent, $"'{call.Endpoint}' is no route whose calls are queued.");

    private AnswerFraming? _framing;
    private int _lineStart;
    private int _searched;
    private int _showable;
    private int _shown;
    private bool _hasPart;
    private bool _isDone;
    private OllamaException? _failure;

    /// <summary>Runs it.</summary>
    /// <exception cref="OllamaException">Ollama failed.</exception>
    public async Task RunAsync(OllamaClient ollama, string? defaultKeepAlive, CancellationToken cancellationToken)
    {
        using var answer = await ollama.CallAsync(call, await BodyAsync(defaultKeepAlive, cancellationToken), cancellationToken);
        response.Begin((int)answer.StatusCode, HeaderFilter.ForClient(answer));
        var isGood = answer.IsSuccessStatusCode;
        // Once the answer is done, what may still follow of it is not waited for.
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var reader = PipeReader.Create(await answer.Content.ReadAsStreamAsync(cancellationToken));
            bool more;
            do
            {
                var before = response.Bytes.Length;
                more = await KeepNextAsync(reader, rest.Token);
                if (isGood && _framing is null && (!more || response.Bytes.Span[before..].Contains((byte)'\n')))
                    _framing = AnswerFramings.Decide(answer.Content.Headers.ContentType, response.Bytes, hasEnded: !more);
                if (_framing is AnswerFraming.Lines or AnswerFraming.Events)
                    TakeLines();
                if (_isDone && more)
                    rest.CancelAfter(PatienceForTheRest);
            }
            while (more);
        }
        catch (Exception exception) when (_isDone && !cancellationToken.IsCancellationRequested && exception is IOException or HttpRequestException or OperationCanceledException)
        {
            // All that matters has come.
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
        if (_lineStart < _searched)
            TakeLine(response.Bytes[_lineStart..], _searched);
        // Also after an error the client gets all that Ollama sends: it may be the end of an event, or one more.
        response.MarkComplete();
        if (!isGood)
            throw ollama.FailureOf(answer, response.Bytes.Span);
        if (_failure is not null)
            throw _failure;
        if (!_hasPart)
            TakeWhole();
        else if (!_isDone && !text.HasDoneReason)
            text.Append(GenerateChunk.RepeatLimit);
    }

    private async Task<HttpContent> BodyAsync(string? defaultKeepAlive, CancellationToken cancellationToken)
    {
        if (call.LongBody is { } body)
        {
            if (defaultKeepAlive is null || _endpoint.Family != ApiFamily.Ollama)
                return new LongTextContent(body);
            return new ReadOnlyMemoryContent(KeepAliveDefault.Apply(_endpoint, await body.ReadWholeAsync(cancellationToken), defaultKeepAlive));
        }
        return new ReadOnlyMemoryContent(KeepAliveDefault.Apply(_endpoint, call.Body, defaultKeepAlive));
    }

    /// <summary>Keeps what comes next, and returns whether there may be more.</summary>
    private async Task<bool> KeepNextAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        var read = await reader.ReadAsync(cancellationToken);
        if (response.Bytes.Length + read.Buffer.Length > MaxLength)
            throw new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} bytes, and was cut off.");
        foreach (var segment in read.Buffer)
            response.Append(segment.Span);
        reader.AdvanceTo(read.Buffer.End);
        return !read.IsCompleted;
    }

    /// <summary>Reads the lines that have come, and shows them to the client.</summary>
    private void TakeLines()
    {
        tokenCame();
        while (response.Bytes.Span[_searched..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            _searched += length + 1;
            TakeLine(response.Bytes[_lineStart.._searched], _searched);
            _lineStart = _searched;
        }
        _searched = response.Bytes.Length;
        // Only now: an error that comes with the first part is no reason not to try again.
        if (_failure is null && _showable > _shown)
            response.Publish(_shown = _showable);
    }

    private void TakeWhole()
    {
        var whole = CallAnswer.ReadWhole(_endpoint, response.Bytes);
        if (whole.Error is { } error)
            throw OllamaFailures.OfErrorLine(error);
        text.Append(whole);
    }

    /// <param name="line">The line, with its end.</param>
    /// <param name="end">Where in the answer that is.</param>
    private void TakeLine(ReadOnlyMemory<byte> line, int end)
    {
        var trimmed = line.Trim(" \t\r\n"u8);
        var part = ReadPart(trimmed);
        _hasPart |= part is not null;
        if (part?.Error is { } error)
            _failure ??= OllamaFailures.OfErrorLine(error);
        else if (part is not null)
            text.Append(part);
        _isDone |= part is { Done: true };
        // The client is told of an error as Ollama tells it, unless it has seen nothing yet and there is to be another attempt.
        // A line of an event is shown with the blank one that ends the event.
        if (_hasPart && !_isDone && _failure is null && (trimmed.IsEmpty || _framing == AnswerFraming.Lines))
            _showable = end;
    }

    /// <summary>What a line says: JSON by itself or, in an event, behind its field's name.</summary>
    private GenerateChunk? ReadPart(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("data:"u8))
            json = json["data:".Length..].Trim(" "u8);
        return json switch
        {
            { IsEmpty: true } => null,
            _ when json.Span.SequenceEqual("[DONE]"u8) => new() { Done = true },
            _ when json.Span[0] == (byte)'{' => CallAnswer.ReadPart(_endpoint, json),
            _ => null,
        };
    }
}
