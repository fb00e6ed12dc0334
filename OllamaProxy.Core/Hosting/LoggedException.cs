using System.Text;

namespace OllamaProxy.Hosting;

/// <summary>An exception as the log shows it: with its messages escaped by <see cref="LogText"/>, each on one line.</summary>
public sealed class LoggedException(Exception exception) : Exception(LogText.Escape(exception.Message))
{
    /// <inheritdoc/>
    public override string? StackTrace => exception.StackTrace;

    /// <summary>The usual text of an exception: type and message, those of the inner exceptions, and the stack traces.</summary>
    public override string ToString()
    {
        var shown = new StringBuilder();
        Append(shown, exception);
        return shown.ToString();
    }

    private static void Append(StringBuilder shown, Exception exception)
    {
        shown.Append(exception.GetType().FullName).Append(": ").Append(LogText.Escape(exception.Message));
        if (exception.InnerException is { } inner)
        {
            shown.Append(Environment.NewLine).Append(" ---> ");
            Append(shown, inner);
            shown.Append(Environment.NewLine).Append("   --- End of inner exception stack trace ---");
        }
        if (exception.StackTrace is { } trace)
            shown.Append(Environment.NewLine).Append(trace);
    }
}
