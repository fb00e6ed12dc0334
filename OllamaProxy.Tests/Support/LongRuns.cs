namespace OllamaProxy.Tests.Support;

/// <summary>
/// Tests that find more the longer they run have a short form, so that the suite stays quick, and a long one, which
/// <c>OLLAMA_PROXY_TEST_LONG=1</c> turns on and CI runs.
/// </summary>
internal static class LongRuns
{
    public static bool AreOn { get; } = Environment.GetEnvironmentVariable("OLLAMA_PROXY_TEST_LONG") == "1";

    /// <summary>How many times, or how much, in the form that is run.</summary>
    public static T Of<T>(T shortForm, T longForm) => AreOn ? longForm : shortForm;

    /// <summary>The cases of a theory in the form that is run.</summary>
    /// <param name="always">Those of both forms, at least one of each kind.</param>
    /// <param name="more">Those of the long form only.</param>
    public static TheoryData<T> Cases<T>(IEnumerable<T> always, IEnumerable<T> more) => [.. AreOn ? always.Concat(more) : always];
}
