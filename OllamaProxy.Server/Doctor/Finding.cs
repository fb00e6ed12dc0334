namespace OllamaProxy.Server.Doctor;

/// <summary>What a check found.</summary>
/// <param name="IsGood">Whether all is well.</param>
/// <param name="Text">What was found and, if it is not well, what to do: one line for people.</param>
public sealed record Finding(bool IsGood, string Text)
{
    /// <summary>All is well.</summary>
    public static Finding Good(string text) => new(true, text);

    /// <summary>Something is wrong.</summary>
    public static Finding Wrong(string text) => new(false, text);
}
