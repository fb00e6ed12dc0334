using System.Buffers;
using OllamaProxy.Api.Errors;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;

namespace OllamaProxy.Api.Prompts;

/// <summary>Makes prompts of a batch: a JSON array, or NDJSON, whichever the body is.</summary>
internal sealed class BatchReader(SubmissionReader submissions)
{
    private const int MaxPrompts = 10_000;

    private static readonly SearchValues<byte> WhiteSpace = SearchValues.Create(" \t\r\n"u8);

    /// <summary>Reads a body.</summary>
    /// <exception cref="ProblemException">400: the message names the line, or the element of the array, that is no good. 503: there is no
    /// room for them.</exception>
    public IReadOnlyList<NewPrompt> Read(BufferedBody whole)
    {
        // Their texts and fields are held twice until all are stored.
        whole.Reserve(3L * whole.Bytes.Length);
        var body = JsonBody.WithoutMark(whole.Bytes);
        var first = body.Span.IndexOfAnyExcept(WhiteSpace);
        var prompts = first >= 0 && body.Span[first] == '[' ? ReadArray(body, whole) : ReadLines(body, whole);
        return prompts.Count > 0 ? prompts
            : throw Problems.BadRequest("The batch is empty; it must be a JSON array of prompts, or a prompt on each line.");
    }

    private List<NewPrompt> ReadArray(ReadOnlyMemory<byte> body, BufferedBody whole)
    {
        using var document = JsonBody.Parse(body);
        var prompts = new List<NewPrompt>();
        foreach (var element in document.RootElement.EnumerateArray())
            Add(prompts, $"Element {prompts.Count + 1}", () => submissions.Read(element, whole));
        return prompts;
    }

    private List<NewPrompt> ReadLines(ReadOnlyMemory<byte> body, BufferedBody whole)
    {
        var prompts = new List<NewPrompt>();
        for (var number = 1; body.Length > 0; number++)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.ContainsAnyExcept(WhiteSpace))
                Add(prompts, $"Line {number}", () => ReadLine(line, whole));
        }
        return prompts;
    }

    private NewPrompt ReadLine(ReadOnlyMemory<byte> line, BufferedBody whole)
    {
        using var document = JsonBody.Parse(line);
        return submissions.Read(document.RootElement, whole);
    }

    private static void Add(List<NewPrompt> prompts, string place, Func<NewPrompt> read)
    {
        if (prompts.Count == MaxPrompts)
            throw Problems.BadRequest($"The batch holds more than {MaxPrompts} prompts.");
        try
        {
            prompts.Add(read());
        }
        catch (ProblemException problem)
        {
            throw Problems.BadRequest($"{place}: {problem.Message}");
        }
    }
}
