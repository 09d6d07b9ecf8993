import quizzes


def test_every_error_belongs_to_the_family_and_is_drawn_in_the_tree():
    errors = [value for value in vars(quizzes).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert {error.__name__ for error in errors} == {"QuizError", "QuizFileError", "AnswerError", "StoreError"}
    assert all(issubclass(error, quizzes.QuizError) for error in errors)
    assert all(error.__name__ in (quizzes.__doc__ or "") for error in errors)


def test_what_the_package_offers_is_what_it_names():
    assert set(quizzes.__all__) == {"Fault", "QuizError", "QuizFileError", "AnswerError", "StoreError"}


def test_a_fault_reads_as_file_key_and_message():
    assert str(quizzes.Fault("quiz.toml", "question.a.kind", "wrong.")) == "quiz.toml [question.a.kind]: wrong."
    assert str(quizzes.Fault("quiz.toml", "", "not TOML.")) == "quiz.toml: not TOML."
