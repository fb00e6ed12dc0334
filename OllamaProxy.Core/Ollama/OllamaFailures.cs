using System.Text.Json;
using System.Text.RegularExpressions;

namespace OllamaProxy.Ollama;

/// <summary>Decides what an error of Ollama's means: the table "Errors from Ollama" of the design.</summary>
public static partial class OllamaFailures
{
    /// <summary>How much of a body that is not Ollama's is quoted.</summary>
    private const int QuoteLength = 200;

    /// <summary>What an answer other than 200 means.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body, or its beginning.</param>
    /// <param name="retryAfter">What the header <c>Retry-After</c> said.</param>
    public static OllamaException OfAnswer(int status, string body, TimeSpan? retryAfter)
    {
        var error = ReadError(body);
        return new(KindOf(status, error), error ?? $"{NotOllama} It answered {status}: {Quote(body)}")
        {
            RetryAfter = retryAfter,
            IsModelMissing = error is not null && ModelNotFound().IsMatch(error),
        };
    }

    /// <summary>That a model is not to be had, in Ollama's words, where Ollama is not asked.</summary>
    public static OllamaException OfMissingModel(string model) => new(FailureKind.Permanent, $"model '{model}' not found");

    /// <summary>Whether an error says that a model is not there.</summary>
    public static bool IsOfMissingModel(string error) => ModelNotFound().IsMatch(error);

    /// <summary>What an error line amid the answer means.</summary>
    public static OllamaException OfErrorLine(string error) =>
        new(ModelNotFound().IsMatch(error) || ClientMistake().IsMatch(error) ? FailureKind.Permanent : FailureKind.Transient, error);

    /// <summary>What an answer that is no NDJSON of Ollama's means.</summary>
    public static OllamaException OfForeignBody(string what, Exception? inner = null) =>
        new(FailureKind.Foreign, $"{NotOllama} {what}", inner);

    /// <summary>What an answer means that ended too early.</summary>
    public static OllamaException OfUnfinishedAnswer() => new(FailureKind.Transient, "Ollama ended its answer before it was done.");

    /// <summary>What a connection means that broke amid the answer.</summary>
    public static OllamaException OfBrokenConnection(Exception exception) =>
        new(FailureKind.Transient, $"The connection to Ollama broke amid the answer: {exception.Message}", exception);

    /// <summary>How an error begins whose text is not Ollama's own.</summary>
    internal const string NotOllama = "The answer is not one of Ollama's; is OLLAMA_URL right?";

    private static FailureKind KindOf(int status, string? error) => status switch
    {
        408 or 429 or 502 or 503 or 504 => FailureKind.Transient,
        _ when error is null => FailureKind.Foreign,
        501 => FailureKind.Permanent,
        >= 400 and < 500 => FailureKind.Permanent,
        _ => ClientMistake().IsMatch(error) ? FailureKind.Permanent : FailureKind.Transient,
    };

    /// <summary>The error is a text in Ollama's own answers, and an object with a message in those it has in common with others.</summary>
    private static string? ReadError(string body)
    {
        try
        {
            using var answer = JsonDocument.Parse(body);
            return answer.RootElement.Text("error") ?? answer.RootElement.Find("error")?.Text("message");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string Quote(string body) => body.Length switch
    {
        0 => "an empty body.",
        <= QuoteLength => body,
        _ => body[..QuoteLength] + "...",
    };

    [GeneratedRegex("""^invalid format|^option ".*" must be of type""", RegexOptions.CultureInvariant)]
    private static partial Regex ClientMistake();

    [GeneratedRegex("^model '.*' not found", RegexOptions.CultureInvariant)]
    private static partial Regex ModelNotFound();
}
