using System.IO.Pipelines;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>One attempt at a call: sends it to Ollama as it came, and takes the answer in as it comes.</summary>
/// <param name="call">The call.</param>
/// <param name="text">Where what the model says goes.</param>
/// <param name="response">Where the answer goes.</param>
/// <param name="tokenCame">Called with whatever comes of an answer that comes in parts.</param>
internal sealed class CallAttempt(PromptCall call, GeneratedText text, LiveResponse response, Action tokenCame)
{
    /// <summary>The longest answer: it is kept, and no model has a reason to say more.</summary>
    private const int MaxLength = 256 * 1024 * 1024;

    private const string Events = "text/event-stream";

    private readonly CallEndpoint _endpoint = CallEndpoint.Find(call.Endpoint)
        ?? throw new OllamaException(FailureKind.Permanent, $"'{call.Endpoint}' is no route whose calls are queued.");

    private bool _isDone;
    private int _showable;
    private OllamaException? _failure;

    /// <summary>Runs it.</summary>
    /// <exception cref="OllamaException">Ollama failed.</exception>
    public async Task RunAsync(OllamaClient ollama, string? defaultKeepAlive, CancellationToken cancellationToken)
    {
        using var answer = await ollama.CallAsync(call, KeepAliveDefault.Apply(_endpoint, call.Body, defaultKeepAlive), cancellationToken);
        response.Begin((int)answer.StatusCode, HeaderRules.ForClient(answer));
        var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        try
        {
            var reader = PipeReader.Create(stream);
            var type = answer.Content.Headers.ContentType?.MediaType;
            if (answer.IsSuccessStatusCode && type is "application/x-ndjson" or Events)
            {
                await ReadPartsAsync(reader, type is Events, cancellationToken);
                return;
            }
            await ReadWholeAsync(reader, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw OllamaFailures.OfBrokenConnection(exception);
        }
        if (!answer.IsSuccessStatusCode)
            throw ollama.FailureOf(answer, response.Bytes.Span);
        text.Append(CallAnswer.ReadWhole(_endpoint, response.Bytes));
    }

    private async Task ReadWholeAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (await KeepNextAsync(reader, cancellationToken))
        {
        }
        response.NoteWhole();
    }

    private async Task ReadPartsAsync(PipeReader reader, bool areEvents, CancellationToken cancellationToken)
    {
        var (lineStart, searched, shown) = (0, 0, 0);
        bool more;
        do
        {
            more = await KeepNextAsync(reader, cancellationToken);
            tokenCame();
            while (response.Bytes.Span[searched..].IndexOf((byte)'\n') is >= 0 and var length)
            {
                searched += length + 1;
                TakeLine(response.Bytes[lineStart..searched], searched, areEvents);
                lineStart = searched;
            }
            searched = response.Bytes.Length;
            // Only now: an error that comes with the first part is no reason not to try again.
            if (_failure is null && _showable > shown)
                response.Show(shown = _showable);
        }
        while (more);
        if (lineStart < searched)
            TakeLine(response.Bytes[lineStart..], searched, areEvents);

        if (!_isDone && response.Bytes.IsEmpty)
            throw OllamaFailures.OfForeignBody("It was empty.");
        // Also after an error the client gets all that Ollama sends: it may be the end of an event, or one more.
        response.NoteWhole();
        if (_failure is not null)
            throw _failure;
        if (!_isDone)
            throw OllamaFailures.OfUnfinishedAnswer();
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

    /// <param name="line">The line, with its end.</param>
    /// <param name="end">Where in the answer that is.</param>
    /// <param name="areEvents">Whether it is one of an event, which a blank line ends.</param>
    private void TakeLine(ReadOnlyMemory<byte> line, int end, bool areEvents)
    {
        var trimmed = line.Trim(" \t\r\n"u8);
        var part = ReadPart(trimmed);
        if (part?.Error is { } error)
            _failure ??= OllamaFailures.OfErrorLine(error);
        else if (part is not null)
            text.Append(part);
        _isDone |= part is { Done: true };
        // The client is told of an error as Ollama tells it, unless it has seen nothing yet and there is to be another attempt.
        if (!_isDone && _failure is null && (trimmed.IsEmpty || !areEvents))
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
