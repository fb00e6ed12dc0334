namespace OllamaProxy.Tests.Support;

/// <summary>A test of what only Linux lets happen, and lets be seen.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public const string Reason = "Needs Linux.";

    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = Reason;
    }
}
