namespace OllamaProxy.Ollama;

/// <summary>Makes an <see cref="OllamaException"/> of whatever went wrong with Ollama.</summary>
public static class OllamaFailures
{
    /// <summary>How much of a body that is not Ollama's is quoted.</summary>
    private const int QuoteLength = 200;

    /// <summary>How much of Ollama's own words is kept, in characters.</summary>
    private const int MaxMessage = 4096;

    /// <summary>How an error begins whose text is not Ollama's own.</summary>
    internal const string NotOllama = "The answer is not one of Ollama's; is OLLAMA_URL right?";

    /// <summary>What an answer other than 200 means.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body, or its beginning.</param>
    /// <param name="retryAfter">What the header <c>Retry-After</c> said.</param>
    public static OllamaException OfAnswer(int status, string body, TimeSpan? retryAfter)
    {
        var error = OllamaError.ReadBody(body);
        return new(ErrorClassifier.Classify(status, error), error is null ? MessageOfForeign(status, body) : Shortened(error.Message))
        {
            RetryAfter = retryAfter,
            IsOfModel = status == 429,
            IsModelMissing = error is not null && ErrorClassifier.SaysModelIsMissing(error.Message),
        };
    }

    /// <summary>That a model is not to be had, in Ollama's words, where Ollama is not asked.</summary>
    public static OllamaException OfMissingModel(string model) =>
        new(FailureKind.Permanent, $"model '{model}' not found") { IsModelMissing = true };

    /// <summary>What an error amid the answer means.</summary>
    /// <param name="error">Its text, or the error object as JSON.</param>
    public static OllamaException OfErrorLine(string error)
    {
        var read = OllamaError.ReadText(error);
        var kind = ErrorClassifier.Classify(500, read);
        // Once an answer has begun, the input was accepted: an unknown error is more likely the runner's fault than the input's.
        return new(kind == FailureKind.Unknown ? FailureKind.Transient : kind, Shortened(read.Message))
        {
            IsModelMissing = ErrorClassifier.SaysModelIsMissing(read.Message),
        };
    }

    /// <summary>What an answer that is no NDJSON of Ollama's means.</summary>
    public static OllamaException OfInvalidBody(string what, Exception? inner = null) =>
        new(FailureKind.InvalidResponse, $"{NotOllama} {what}", inner);

    /// <summary>An answer that is no JSON.</summary>
    internal static OllamaException OfNoJson(Exception? inner = null) => OfInvalidBody("It is no JSON.", inner);

    /// <summary>An answer without any of the fields that Ollama's have.</summary>
    internal static OllamaException OfMissingFields() => OfInvalidBody("It has none of the fields of an answer.");

    /// <summary>A line amid Ollama's answer that is no JSON: most likely its end is missing.</summary>
    internal static OllamaException OfBrokenLine() =>
        new(FailureKind.Transient, "Ollama's answer broke off within a line, or a line of it is no JSON.");

    /// <summary>What an answer means whose head cannot be passed on.</summary>
    public static OllamaException OfOddHead(string what, Exception? inner = null) =>
        new(FailureKind.InvalidResponse, $"{NotOllama} {what}", inner) { IsOddHead = true };

    /// <summary>What a connection means that broke amid the answer.</summary>
    public static OllamaException OfBrokenConnection(Exception exception) =>
        new(FailureKind.Transient, $"The connection to Ollama broke amid the answer: {exception.Message}", exception);

    /// <summary>An error is told in every list and status: it must not be a body of its own.</summary>
    private static string Shortened(string message) => message.Length <= MaxMessage ? message
        : $"{message[..(char.IsHighSurrogate(message[MaxMessage - 1]) ? MaxMessage - 1 : MaxMessage)]}...";

    private static string MessageOfForeign(int status, string body) => (status, body.Length) switch
    {
        (403, 0) => "Ollama answered 403 without a word, as it does to a Host or Origin that it does not know; "
            + "see its setting OLLAMA_ORIGINS.",
        (_, 0) => $"{NotOllama} It answered {status} with an empty body.",
        (_, <= QuoteLength) => $"{NotOllama} It answered {status}: {body}",
        _ => $"{NotOllama} It answered {status}: {body[..QuoteLength]}...",
    };
}
